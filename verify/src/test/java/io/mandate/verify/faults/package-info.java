@NullMarked
package io.mandate.verify.faults;

import org.jspecify.annotations.NullMarked;
