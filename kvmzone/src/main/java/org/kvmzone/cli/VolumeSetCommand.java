package org.kvmzone.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume set}. */
@Command(
    name = "set",
    sortOptions = false,
    description = "Change properties: all that are given, or none.")
final class VolumeSetCommand implements Callable<Integer> {
  @Parameters(
      arity = "2..*",
      paramLabel = "PROPERTY=VALUE… NAME",
      hideParamSyntax = true,
      description = "What to, and of which volume or snapshot.")
  private List<String> words = new ArrayList<>();

  private final Context context;

  VolumeSetCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    DatasetName of = DatasetName.parse(words.getLast());
    Map<String, String> properties = new LinkedHashMap<>();
    for (String word : words.subList(0, words.size() - 1)) {
      int equals = word.indexOf('=');
      if (equals < 1) {
        throw Failure.usage(word + ": a property is set as in compression=lz4");
      }
      String name = VolumeListCommand.property(word.substring(0, equals));
      if (name.equals("volsize")) {
        throw Failure.usage("volsize: kvmzone volume resize changes it, and tells the guest");
      }
      properties.put(name, word.substring(equals + 1));
    }
    context.volumes().set(of, properties);
    return 0;
  }
}
