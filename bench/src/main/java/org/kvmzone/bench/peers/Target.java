package org.kvmzone.bench.peers;

/**
 * What the ratio of a case should be.
 *
 * @param least what has to be reached
 * @param aim what is hoped for
 */
record Target(double least, double aim) {}
