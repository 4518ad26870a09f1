package org.kvmzone.net;

/** At a port of a switch: a link that the other ports share, each by its part of it. */
interface SharedLink extends VnicClient {
  /** The same as {@link VnicClient#receive}, by any queue, of frames that came in at a port. */
  void receive(Etherstub.Port from, FrameBatch batch, long frames);
}
