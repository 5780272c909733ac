/** Which threads work runs on, so that work that would wait for itself is told so. */
@NullMarked
package io.mandate.election.work;

import org.jspecify.annotations.NullMarked;
