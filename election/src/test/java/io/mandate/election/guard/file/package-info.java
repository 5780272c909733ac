@NullMarked
package io.mandate.election.guard.file;

import org.jspecify.annotations.NullMarked;
