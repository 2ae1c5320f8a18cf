internal import Documents
internal import Ingest

/// Why somebody is not let in, with how their contract's rate stands. Each door says it in its own way.
package struct Denial: Error {
    package let problem: Problem
    /// Nil where no contract with a rate was found.
    package let standing: RateLimiter.Standing?

    package init(_ problem: Problem, standing: RateLimiter.Standing? = nil) { (self.problem, self.standing) = (problem, standing) }
}
