package org.kvmzone.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.device.Spec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvmzone resize}: a disk has grown, and its guest is to know. */
@Command(
    name = "resize",
    sortOptions = false,
    description = {
      "Give a disk in use the size that its file or volume has now, and tell the guest.",
      "A file is grown first if SIZE is given; a volume is grown by its own tools before."
    })
final class ResizeCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "The guest, or the service: see kvmzone list.")
  private String name = "";

  @Parameters(index = "1", paramLabel = "ID", description = "The disk.")
  private String disk = "";

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "SIZE",
      description = "As in 20G; never less than it has.")
  private Optional<String> size = Optional.empty();

  private final Context context;

  ResizeCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("resize");
    Json.Builder request = Json.object().put("device", disk);
    if (size.isPresent()) {
      String text = size.get();
      request.put(
          "size",
          Spec.bytes(text)
              .orElseThrow(() -> Failure.usage(text + ": a size is such as 512, 64K or 10G")));
    }
    try (ControlClient host = Hosts.connect(context.runDirectory(), name, PATIENCE)) {
      Json.Obj resized = Hosts.ask(host, "resize", request.build());
      context
          .out()
          .printf(
              "%s: %s bytes%s%n",
              disk,
              Hosts.text(resized, "size"),
              Hosts.flag(resized, "told") ? "" : "; no front end was there to be told");
      return 0;
    }
  }
}
