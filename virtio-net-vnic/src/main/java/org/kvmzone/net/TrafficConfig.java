package org.kvmzone.net;

import java.util.List;
import java.util.Optional;

/**
 * What a VNIC's traffic is held to.
 *
 * @param maxbw how much may pass in each direction; all there is, if nothing is said
 * @param priority how it stands to others that the same thread serves
 * @param flows parts of it that are counted, or limited, on their own
 */
record TrafficConfig(Optional<Bandwidth> maxbw, Priority priority, List<FlowConfig> flows) {}
