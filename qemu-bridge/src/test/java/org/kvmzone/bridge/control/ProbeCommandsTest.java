package org.kvmzone.bridge.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.probe.Arg;
import org.kvmzone.bridge.probe.Probe;

@Timeout(60)
class ProbeCommandsTest {
  private static final Probe DONE =
      Probe.define(
          "commandtest", "done", Arg.string("disk"), Arg.nanoseconds("latency"), Arg.id("queue"));

  @TempDir private Path directory;
  private ControlServer server;
  private ControlClient client;

  @BeforeEach
  void start() throws IOException {
    server = ControlServer.open(directory.resolve("control.sock"));
    ProbeCommands.register(server);
    server.start();
    client = ControlClient.connect(server.path());
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  private static Json.Obj call(ControlClient client, String command, String members)
      throws IOException, ControlException {
    return client.call(command, (Json.Obj) Json.parse(members));
  }

  private Json.Obj call(String command, String members) throws IOException, ControlException {
    return call(client, command, members);
  }

  @Test
  void probes_listsNamesArgumentsAndUnits() throws Exception {
    assertThat(call("probes", "{}").line())
        .contains(
            "{\"name\":\"commandtest:done\",\"watched\":false,\"args\":["
                + "{\"name\":\"disk\",\"unit\":\"text\"},"
                + "{\"name\":\"latency\",\"unit\":\"nanoseconds\"},"
                + "{\"name\":\"queue\",\"unit\":\"id\"}]}");
  }

  @Test
  void aggregation_givesBucketsValuesAndText() throws Exception {
    assertThat(watch("commandtest:done @[disk,queue]=quantize(latency)"))
        .isEqualTo(
            "{\"watch\":1,\"expression\":"
                + "\"commandtest:done @[disk, queue] = quantize(latency)\"}");
    watch("commandtest:done @ = avg(latency)");
    watch("commandtest:done @[disk] = count()");
    DONE.fire("disk0", -3, 1);
    DONE.fire("disk0", 0, 1);
    DONE.fire("disk0", 1000, 1);
    assertThat(call("aggregation", "{\"watch\":1}").line())
        .isEqualTo(
            "{\"rows\":[{\"key\":[\"disk0\",1],"
                + "\"buckets\":[[[-3,-2],1],[[0,0],1],[[512,1023],1]]}],\"dropped\":0}");
    assertThat(call("aggregation", "{\"watch\":2}").line())
        .isEqualTo("{\"rows\":[{\"key\":[],\"value\":332,\"count\":3,\"sum\":997}],\"dropped\":0}");
    assertThat(call("aggregation", "{\"watch\":3}").line())
        .isEqualTo("{\"rows\":[{\"key\":[\"disk0\"],\"value\":3}],\"dropped\":0}");
    assertThat(call("aggregation", "{\"watch\":3,\"text\":true}"))
        .isEqualTo(
            Json.object()
                .put("text", "  %-50s %16d\n".formatted("disk0", 3))
                .put("dropped", 0)
                .build());
  }

  private String watch(String expression) throws IOException, ControlException {
    return client.call("watch", Json.object().put("expression", expression).build()).line();
  }

  @Test
  void watch_lastsUntilUnwatchOrTheEndOfItsConnection() throws Exception {
    try (ControlClient other = ControlClient.connect(server.path())) {
      call(other, "watch", "{\"expression\":\"commandtest:done @ = count()\"}");
      watch("commandtest:done @ = count()");
      assertThatThrownBy(() -> call("aggregation", "{\"watch\":1}"))
          .isInstanceOf(ControlException.class)
          .hasMessage("no watch 1 on this connection");
      call("unwatch", "{\"watch\":2}");
      assertThatThrownBy(() -> call("unwatch", "{\"watch\":2}"))
          .hasMessage("no watch 2 on this connection");
      assertThat(DONE.watched()).isTrue();
    }
    while (DONE.watched()) {
      call("probes", "{}"); // a round trip: the server sees the other's end before long
    }
  }

  @Test
  void watch_refusesWhatItCannotFollow() {
    assertThatThrownBy(() -> watch("commandtest:doen @ = count()"))
        .isInstanceOf(ControlException.class)
        .hasMessage("unknown probe commandtest:doen, did you mean commandtest:done?");
    assertThatThrownBy(() -> call("watch", "{}")).hasMessage("watch needs expression");
    assertThatThrownBy(() -> call("aggregation", "{\"watch\":\"1\"}"))
        .hasMessage("watch must be a whole number");
  }

  @Test
  void watches_areBoundedAndTheirPlacesComeBack() throws Exception {
    List<ControlException> refused = new ArrayList<>();
    for (int i = 0; i < 17; i++) {
      try {
        watch("commandtest:done @ = count()");
      } catch (ControlException e) {
        refused.add(e);
      }
    }
    assertThat(refused)
        .singleElement()
        .satisfies(e -> assertThat(e).hasMessageContaining("16 watches are running"));
    call("unwatch", "{\"watch\":5}");
    watch("commandtest:done @ = count()");
  }
}
