/// Headers by which browsers restrict everything under /console/, errors too: nothing from elsewhere, nothing inline, in nobody's frame.
package enum DocumentPolicy {
    private static let root = Array("console".utf8)

    package static let headers: [Response.Header] = [
        .init(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
        .init("X-Content-Type-Options", "nosniff"),
        .init("Referrer-Policy", "same-origin"),
        .init("Cross-Origin-Opener-Policy", "same-origin"),
    ]

    /// A line that could not be read may have named a page of it.
    package static func applies(to target: RequestTarget) -> Bool { target.segments.first == root || target.path.isEmpty }
}
