/**
 * Commands, requests and reads, what they return, and the values in them. Records, deeply immutable, without behaviour
 * but their own checks.
 */
@NullMarked
package io.mandate.keyspace.api;

import org.jspecify.annotations.NullMarked;
