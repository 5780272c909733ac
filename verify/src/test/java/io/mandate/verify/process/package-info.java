@NullMarked
package io.mandate.verify.process;

import org.jspecify.annotations.NullMarked;
