package io.mandate.election.guard.http;

/** An object as it was read, with what only the guard needs to know. */
record Version(StoredObject object, Lineage lineage) {}
