/**
 * The guard of a relational database: the fencing token is compared in the writing statement itself, so that no
 * isolation level can hide a successor's.
 *
 * <p>The guide is docs/guides/guard-jdbc.md.
 */
@NullMarked
package io.mandate.election.guard.jdbc;

import org.jspecify.annotations.NullMarked;
