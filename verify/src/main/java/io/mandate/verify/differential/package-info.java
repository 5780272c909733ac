/**
 * The differential test: the same requests are played to a real etcd and to another server that claims etcd's API, and
 * every field of every answer is compared but ids, terms and timing.
 *
 * <p>{@code RequestSource} makes {@code Step}s from a seed, {@code Side} performs a step on one server,
 * {@code DifferentialRun} drives both sides in step, {@code WatchJournal} holds what watchers were told,
 * {@code Normaliser} takes out what may differ.
 */
@NullMarked
package io.mandate.verify.differential;

import org.jspecify.annotations.NullMarked;
