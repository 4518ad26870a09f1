/**
 * The C library and the kernel's interfaces, bound through {@code java.lang.foreign}.
 *
 * <p>One class per C header, named after it ({@code <sys/socket.h>} is {@link
 * org.kvmzone.bridge.ffi.SysSocket}), in the shape that jextract gives: {@code LAYOUT}, {@code
 * field$OFFSET}, and a static method per function with its C declaration in the Javadoc. Functions
 * that set errno return {@code -errno} instead of -1, as system calls themselves do, so that the
 * data path can look at the number and the control path can hand it to {@link
 * org.kvmzone.bridge.ffi.Errno#check}. errno is captured per thread. Pointers are raw addresses
 * ({@code long}) where the data path calls, segments elsewhere.
 *
 * <p>A test compiles a C program and compares every size, offset and constant with the compiler's.
 */
@NullMarked
package org.kvmzone.bridge.ffi;

import org.jspecify.annotations.NullMarked;
