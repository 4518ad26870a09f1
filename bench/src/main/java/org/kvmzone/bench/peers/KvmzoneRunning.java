package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Devices of {@code kvmzone serve}, all served by one thread, which tell what they do. */
final class KvmzoneRunning implements Running {
  private final Kvmzone kvmzone;
  private final List<Path> sockets;
  private final List<String> operations;
  private final List<String> failures;
  private Work before = new Work(0, 0);

  /**
   * Devices that listen.
   *
   * @param ids what they are called
   * @param operations counters, the sum of which is what was done
   * @param failures counters of what should not have been
   */
  KvmzoneRunning(
      Kvmzone kvmzone, List<String> ids, List<String> operations, List<String> failures) {
    this.kvmzone = kvmzone;
    this.sockets = ids.stream().map(kvmzone::socket).toList();
    this.operations = List.copyOf(operations);
    this.failures = List.copyOf(failures);
  }

  @Override
  public Child child() {
    return kvmzone.child();
  }

  @Override
  public List<Path> sockets() {
    return sockets;
  }

  @Override
  public void settled() throws IOException {
    before = work(kvmzone.counters());
  }

  private Work work(List<Map<String, Long>> devices) {
    long done =
        devices.stream()
            .mapToLong(counters ->
                operations.stream().mapToLong(name -> counters.getOrDefault(name, 0L)).sum())
            .sum();
    // The thread is the same for all, and so is its time.
    return new Work(devices.getFirst().getOrDefault("busyns", 0L), done);
  }

  @Override
  public Account account() throws IOException {
    List<Map<String, Long>> devices = kvmzone.counters();
    Map<String, Long> sums = new LinkedHashMap<>();
    devices.forEach(each -> each.forEach((name, count) -> sums.merge(name, count, Long::sum)));
    for (String name : failures) {
      long count = sums.getOrDefault(name, 0L);
      if (count > 0) {
        throw new IOException("kvmzone counted %d times %s".formatted(count, name));
      }
    }
    Map<String, String> notes = new LinkedHashMap<>();
    sums.forEach((name, value) -> {
      if (value != 0) {
        notes.put(name, value.toString());
      }
    });
    return new Account(work(devices).busyNanosEach(before), notes);
  }

  @Override
  public void close() {
    kvmzone.close();
  }
}
