/** Tests of the room for OpenZFS. */
@NullMarked
package org.kvmzone.blk.zfs;

import org.jspecify.annotations.NullMarked;
