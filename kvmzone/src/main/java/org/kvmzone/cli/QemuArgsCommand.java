package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.ShellWords;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kvmzone qemu-args}: what {@code run} would run. */
@Command(
    name = "qemu-args",
    sortOptions = false,
    customSynopsis = "kvmzone qemu-args [--shell] [FILE.json | OPTIONS] [-- QEMU OPTIONS]",
    description =
        "Print the command line that run would run, one argument a line, and run nothing.")
final class QemuArgsCommand implements Callable<Integer> {
  @Option(names = "--shell", description = "Print it as one command for a shell.")
  private boolean shell;

  @Mixin private GuestOptions guestOptions = new GuestOptions();
  @Mixin private LaunchOptions launchOptions = new LaunchOptions();

  private final Context context;
  private final Kvmzone general;

  QemuArgsCommand(Context context, Kvmzone general) {
    this.context = context;
    this.general = general;
  }

  @Override
  public Integer call() throws IOException {
    Guest guest = CreatedDevices.with(context, guestOptions.guest(context));
    LaunchOptions.Launch launch = launchOptions.launch(context, general, guest);
    if (!Files.isDirectory(launch.directory())) {
      context.say(launch.directory() + " has to be there, mode 0700, before this is run");
    }
    if (shell) {
      context.out().println(continued(launch.line()));
    } else {
      launch.line().forEach(context.out()::println);
    }
    return 0;
  }

  /** An option and its value a line. */
  private static String continued(List<String> line) {
    StringBuilder text = new StringBuilder(ShellWords.quote(line.getFirst()));
    for (String word : line.subList(1, line.size())) {
      text.append(word.startsWith("-") ? " \\\n  " : " ").append(ShellWords.quote(word));
    }
    return text.toString();
  }
}
