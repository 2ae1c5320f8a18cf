internal import Documents
package import Ingest

/// Why somebody is not let in, with how their contract's rate stands. Each door says it in its own way.
package struct Denial: Error {
    package let problem: Problem
    /// Nil where no contract with a rate was found.
    package let standing: RateLimiter.Standing?
    /// Whose credential it was, where it is known. For the log.
    package let principal: Principal?

    package init(_ problem: Problem, of principal: Principal? = nil, standing: RateLimiter.Standing? = nil) {
        (self.problem, self.principal, self.standing) = (problem, principal, standing)
    }
}
