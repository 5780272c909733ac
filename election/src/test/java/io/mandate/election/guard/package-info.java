@NullMarked
package io.mandate.election.guard;

import org.jspecify.annotations.NullMarked;
