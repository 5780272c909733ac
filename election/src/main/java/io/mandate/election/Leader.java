package io.mandate.election;

/**
 * The leader of an election at one moment: to be displayed or contacted, never to act upon.
 *
 * @param candidate the name of the candidate
 * @param token the fencing token of its term
 */
public record Leader(String candidate, long token) {}
