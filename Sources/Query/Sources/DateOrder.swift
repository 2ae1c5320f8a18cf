/// Which of a date's numbers comes first, where the year does not tell by its length: the second part of PostgreSQL's DateStyle.
package enum DateOrder: String, Sendable {
    case mdy, dmy, ymd
}
