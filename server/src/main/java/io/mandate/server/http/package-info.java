/** The port that clients reach: gRPC and plain HTTP/1.1 told apart on the connection. */
@NullMarked
package io.mandate.server.http;

import org.jspecify.annotations.NullMarked;
