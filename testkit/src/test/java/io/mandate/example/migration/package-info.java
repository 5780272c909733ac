/** The examples of the guide {@code docs/guides/coming-from.md}. */
@NullMarked
package io.mandate.example.migration;

import org.jspecify.annotations.NullMarked;
