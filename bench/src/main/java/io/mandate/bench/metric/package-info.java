/** What is measured, in which unit, with which goal, and the samples of both products. */
@NullMarked
package io.mandate.bench.metric;

import org.jspecify.annotations.NullMarked;
