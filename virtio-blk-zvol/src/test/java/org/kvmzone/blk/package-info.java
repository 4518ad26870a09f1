/**
 * Tests of disks and volumes, and what they share: volumes that fail on demand, a driver's half.
 */
@NullMarked
package org.kvmzone.blk;

import org.jspecify.annotations.NullMarked;
