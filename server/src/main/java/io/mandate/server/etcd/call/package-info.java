/** Shared by all services: error codes and texts, response headers, request metadata, limits of the API. */
@NullMarked
package io.mandate.server.etcd.call;

import org.jspecify.annotations.NullMarked;
