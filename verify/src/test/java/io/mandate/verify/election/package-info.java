@NullMarked
package io.mandate.verify.election;

import org.jspecify.annotations.NullMarked;
