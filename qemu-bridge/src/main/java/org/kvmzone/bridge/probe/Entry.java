package org.kvmzone.bridge.probe;

/** What one thread has seen of one key. What is not part of the key is {@code ""} or 0. */
record Entry(
    long hash,
    String s0,
    String s1,
    String s2,
    long n0,
    long n1,
    long n2,
    long n3,
    @SuppressWarnings("ArrayRecordComponent") // shared on purpose: one writes, others read
        long[] cells) {

  boolean is(long hash, String s0, String s1, String s2, long n0, long n1, long n2, long n3) {
    // Strings last: with equal hashes they are almost always the same objects.
    return this.hash == hash
        && this.n0 == n0
        && this.n1 == n1
        && this.n2 == n2
        && this.n3 == n3
        && this.s0.equals(s0)
        && this.s1.equals(s1)
        && this.s2.equals(s2);
  }
}
