package org.kvmzone.net;

import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.device.VirtioDevice;

/** What is below a VNIC. */
sealed interface LinkConfig {
  /** For people: {@code etherstub}, {@code tap}. */
  String kind();

  /** See {@link VirtioDevice#pollMicros}. */
  default int pollMicros() {
    return switch (this) {
      case TapName _, TapFds _, Macvtap _, Packet _ -> 0; // a look would be a read
      case Stub _, Discard _, Echo _, Chargen _, Xdp _ -> VirtioDevice.POLL_MICROS;
    };
  }

  /**
   * A switch in this process.
   *
   * @param name the switch's
   * @param port the VNIC's place on it
   * @param uplink the kernel's link that it is joined to; if not said, that is up to others' VNICs
   */
  record Stub(String name, PortConfig port, Optional<UplinkConfig> uplink) implements LinkConfig {
    @Override
    public String kind() {
      return "etherstub";
    }
  }

  /** Nothing: what is sent is thrown away, see {@link DiscardVnic}. */
  record Discard() implements LinkConfig {
    @Override
    public String kind() {
      return "discard";
    }
  }

  /** The guest itself, see {@link EchoVnic}. */
  record Echo() implements LinkConfig {
    @Override
    public String kind() {
      return "echo";
    }
  }

  /**
   * A source of frames, see {@link ChargenVnic}.
   *
   * @param frameSize bytes of each, without its check sequence
   */
  record Chargen(int frameSize) implements LinkConfig {
    @Override
    public String kind() {
      return "chargen";
    }
  }

  /**
   * A tap that is opened by the VNIC's name.
   *
   * @param name the interface's
   */
  record TapName(String name) implements LinkConfig {
    @Override
    public String kind() {
      return "tap";
    }
  }

  /**
   * A macvtap.
   *
   * @param name the interface's
   * @param over the link that it is made over if there is none of the name
   */
  record Macvtap(String name, String over) implements LinkConfig {
    @Override
    public String kind() {
      return "macvtap";
    }
  }

  /**
   * A link of the host, through packet sockets.
   *
   * @param over the link
   */
  record Packet(String over) implements LinkConfig {
    @Override
    public String kind() {
      return "packet";
    }
  }

  /**
   * A link of the host, by AF_XDP.
   *
   * @param over the link
   * @param mode how frames get from its driver to us
   */
  record Xdp(String over, XdpMode mode) implements LinkConfig {
    @Override
    public String kind() {
      return "xdp";
    }
  }

  /**
   * A tap that was opened by whoever started this process.
   *
   * @param fds its queues' descriptors
   */
  record TapFds(List<Integer> fds) implements LinkConfig {
    @Override
    public String kind() {
      return "tap";
    }
  }
}
