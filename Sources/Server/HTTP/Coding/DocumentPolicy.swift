/// Headers by which browsers restrict what they are shown: everything under /console/, errors too (nothing from elsewhere, nothing
/// inline, in nobody's frame), and, in the same origin, what others have put into the store.
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

    /// Of every answer that has none of its own: it is what it says it is.
    static let usual: [Response.Header] = [.init("X-Content-Type-Options", "nosniff")]
    /// Of what somebody has asked for by GET: no cache that others share keeps it, and none gives it again unasked. Answers to other methods are kept by none.
    static let usualToSomebody = usual + [.init("Cache-Control", "private, no-cache")]

    /// Of bytes that are not the server's own words. XML of any type may have scripts in it (XHTML, SVG), which would run as the console's do.
    static let sandbox = Response.Header("Content-Security-Policy", "sandbox; default-src 'none'")
    /// Of a document as it came: kept in a file, not shown.
    static let exactBytes: [Response.Header] = [sandbox, .init("Content-Disposition", "attachment")]

    /// A line that could not be read may have named a page of it.
    package static func applies(to target: RequestTarget) -> Bool { target.segments.first == root || target.path.isEmpty }
}
