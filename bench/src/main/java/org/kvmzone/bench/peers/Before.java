package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;

/** A side of ours as another checkout of this project has it. */
record Before<S>(Backend<S> backend) implements Backend<S> {
  @Override
  public String name() {
    return "before";
  }

  @Override
  public Running start(S setup, Path directory) throws IOException, InterruptedException {
    return backend.start(setup, directory);
  }
}
