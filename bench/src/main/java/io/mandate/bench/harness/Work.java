package io.mandate.bench.harness;

import io.mandate.bench.metric.Metric;
import java.util.List;

/** One measurement on a running cluster. */
public interface Work {

    /** What it adds to the results, be it values or void measurements. */
    List<Metric> metrics();

    /** Measures once. What it throws makes all its metrics void. */
    void measure(Target target) throws Exception;
}
