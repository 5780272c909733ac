/**
 * The guard of objects behind HTTP: S3-compatible stores, and APIs that offer conditional requests (RFC 9110, section
 * 13). The guide is {@code docs/guides/guard-object.md}.
 */
@NullMarked
package io.mandate.election.guard.http;

import org.jspecify.annotations.NullMarked;
