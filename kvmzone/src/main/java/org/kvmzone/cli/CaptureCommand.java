package org.kvmzone.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.ffi.Libpcap;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.cli.Links.Link;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone capture}: what passes a NIC, and what does not and why. */
@Command(
    name = "capture",
    sortOptions = false,
    description = {
      "Record the frames of a NIC, both ways, dropped ones included, until SIGINT or the NIC's end.",
      "Prints a line for each, or writes a pcapng file for tshark and tcpdump, in which a comment",
      "says why a frame was dropped. In and out are the guest's: out is what it sends."
    })
final class CaptureCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int STDOUT = 1;

  /** What a request may have besides, bytes. */
  private static final int LONGEST_FILTER = 48 << 10;

  @Option(
      names = "-w",
      paramLabel = "FILE",
      description = "Write to a file, which is overwritten; - is stdout.")
  private Optional<String> file = Optional.empty();

  @Option(names = "-c", paramLabel = "COUNT", description = "End after so many frames.")
  private Optional<Long> count = Optional.empty();

  @Option(
      names = "-s",
      paramLabel = "SNAPLEN",
      description = "Bytes of each frame, 1 to 262144 (default: 0, all of it).")
  private int snaplen;

  @Option(
      names = "--direction",
      paramLabel = "in|out|both",
      description = "Which way (default: both).")
  private String direction = "both";

  @Option(names = "--dropped", description = "Only frames that were dropped.")
  private boolean dropped;

  @Parameters(index = "0", paramLabel = "NIC", description = "NAME/ID, or the id alone.")
  private String nic = "";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "FILTER",
      description = "Which frames: see pcap-filter(7).")
  private List<String> filter = new ArrayList<>();

  private final Context context;

  CaptureCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    context.refuseQemuOptions("capture");
    if (count.isPresent() && count.get() < 1) {
      throw Failure.usage("-c COUNT: 1 and up");
    }
    if (file.equals(Optional.of("-")) && Unistd.isatty(STDOUT)) {
      throw Failure.usage("-w -: a capture is not for a terminal: send it to a pipe or a file");
    }
    Map<String, String> options = options();
    Link link = new Links(context).find(nic);
    try (ControlClient host = Hosts.connect(context.runDirectory(), link.host(), PATIENCE)) {
      Json.Obj request =
          Json.object().put("device", link.id()).put("options", Json.ofTexts(options)).build();
      Json.Obj _ = Hosts.ask(host, "capture", request);
      return record(host);
    }
  }

  private Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("snaplen", Integer.toString(snaplen));
    options.put("direction", direction);
    options.put("dropped", dropped ? "on" : "off");
    if (!filter.isEmpty()) {
      String expression = String.join(" ", filter);
      options.put("filter", compiled(expression));
      options.put("expression", expression);
    }
    return options;
  }

  private static String compiled(String expression) {
    Libpcap libpcap =
        Libpcap.load()
            .orElseThrow(() ->
                Failure.missing(
                    "a filter needs libpcap, which is not on this machine: install libpcap0.8, or"
                        + " leave the filter out"));
    String program;
    try {
      program = libpcap.compile(expression);
    } catch (IllegalArgumentException e) {
      throw Failure.usage(expression + ": " + e.getMessage());
    }
    if (program.length() + expression.length() > LONGEST_FILTER) {
      throw Failure.usage("the filter is too long");
    }
    return program;
  }

  private int record(ControlClient host) throws IOException, InterruptedException {
    Recording recording =
        new Recording(host, count.orElse(Long.MAX_VALUE), CaptureOutput.of(file, context));
    CompletableFuture<Boolean> over = new CompletableFuture<>();
    Ending ending =
        Ending.within(
            PATIENCE,
            () -> {
              recording.finish();
              boolean _ = over.join();
            });
    try {
      recording.run();
      context.say(recording.summary());
    } catch (IOException | RuntimeException e) {
      if (!recording.isFinishedEarly()) {
        throw e;
      }
      int _ = Failure.of(e).report(context.err(), false); // nobody else does any more
    } finally {
      over.complete(true);
      if (recording.isFinishedEarly()) {
        int _ = Ending.await(); // which ends the process
      }
      ending.forget();
    }
    return 0;
  }
}
