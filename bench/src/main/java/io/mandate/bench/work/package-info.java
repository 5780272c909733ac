/** The measurements, one class for each row of the table or group of rows. */
@NullMarked
package io.mandate.bench.work;

import org.jspecify.annotations.NullMarked;
