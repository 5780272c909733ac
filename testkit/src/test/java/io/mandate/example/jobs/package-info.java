/**
 * The worked example of docs/guides/partitions.md, which quotes it: a queue of jobs, sharded over the members of a
 * workload.
 */
@NullMarked
package io.mandate.example.jobs;

import org.jspecify.annotations.NullMarked;
