/// What is said of a relation and of its columns to people: comments in PostgreSQL's catalogs.
package struct RelationComments: Sendable, Equatable {
    package var relation: String?
    /// By the column's name.
    package var columns: [String: String]

    package init(relation: String? = nil, columns: [String: String] = [:]) { (self.relation, self.columns) = (relation, columns) }
}
