extension QueryError {
    static func badSQL(_ message: String, at position: Int?, hint: String? = nil) -> QueryError {
        QueryError(.badSQL, hint.map { "\(message); \($0)" } ?? message, position: position)
    }

    static func unsupported(_ message: String, at position: Int?, hint: String? = nil) -> QueryError {
        QueryError(.unsupportedSQL, hint.map { "\(message); \($0)" } ?? message, position: position)
    }

    static func data(_ message: String, at position: Int? = nil) -> QueryError {
        QueryError(.dataError, message, position: position)
    }

    static func overflow(_ message: String, at position: Int? = nil) -> QueryError {
        QueryError(.numericOverflow, message, position: position)
    }

    /// The same error at a place, when it does not know its own.
    package func placed(at place: Int?) -> QueryError {
        let error = QueryError(slug, detail, position: position ?? place)
        return cause.map(error.because) ?? error
    }
}
