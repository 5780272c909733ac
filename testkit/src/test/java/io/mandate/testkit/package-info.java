/** What a test may rely on. */
@NullMarked
package io.mandate.testkit;

import org.jspecify.annotations.NullMarked;
