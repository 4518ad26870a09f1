package org.kvmzone.bridge.probe;

import java.util.random.RandomGenerator;

/**
 * Hashes keys by a sum of products with random factors: the products don't wait for each other, and
 * a guest that chooses numbers cannot know which of them collide.
 */
record Hash(long f0, long f1, long f2, long f3, long f4, long f5, long f6) {
  static Hash of(RandomGenerator random) {
    return new Hash(
        odd(random), odd(random), odd(random), odd(random), odd(random), odd(random), odd(random));
  }

  /** An even factor would lose the uppermost bit of what it multiplies. */
  private static long odd(RandomGenerator random) {
    return random.nextLong() | 1;
  }

  long of(String s0, String s1, String s2, long n0, long n1, long n2, long n3) {
    // String.hashCode is computed once per string and then read.
    long sum = s0.hashCode() * f0 + s1.hashCode() * f1 + s2.hashCode() * f2;
    sum += n0 * f3 + n1 * f4 + n2 * f5 + n3 * f6;
    // The upper bits depend on all of the key, the lower ones choose the slot.
    return sum ^ sum >>> 32;
  }
}
