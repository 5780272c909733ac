package io.mandate.election;

/**
 * Who led an election at one moment: to be shown or called, never to act upon.
 *
 * @param candidate as it called itself
 * @param token of its term
 */
public record Leader(String candidate, long token) {}
