package org.kvmzone.blk;

/**
 * Reads and writes on the submitter's thread. For what is in memory, or nearly as fast, that is
 * several times quicker than any hand-over (docs/performance.md).
 */
record InlineEngine(Transfer transfer) implements Engine {
  @Override
  public String word() {
    return transfer.holdsMemory() ? "mapped" : EngineKind.INLINE.word();
  }

  @Override
  public void submit(ZvolRequest request) {
    request.complete(transfer.carryOut(request));
  }
}
