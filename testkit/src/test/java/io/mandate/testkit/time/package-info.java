/** What a test may rely on in virtual time. */
@NullMarked
package io.mandate.testkit.time;

import org.jspecify.annotations.NullMarked;
