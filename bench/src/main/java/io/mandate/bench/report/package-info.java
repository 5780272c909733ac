/** The results as a table and as JSON. */
@NullMarked
package io.mandate.bench.report;

import org.jspecify.annotations.NullMarked;
