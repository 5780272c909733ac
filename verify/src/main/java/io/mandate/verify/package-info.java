/** Harness that starts real clusters and plays requests and faults on them. */
@NullMarked
package io.mandate.verify;

import org.jspecify.annotations.NullMarked;
