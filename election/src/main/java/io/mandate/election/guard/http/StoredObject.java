package io.mandate.election.guard.http;

/**
 * An object as it was at one moment.
 *
 * @param etag names this version of it; a strong entity tag, with its quotes
 * @param token the fencing token of the term that wrote it; 0 if it was not written through a guard
 */
public record StoredObject(Content content, String etag, long token) {}
