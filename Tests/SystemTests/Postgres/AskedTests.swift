import XCTest

/// Goal: what any client of PostgreSQL may say means here what it means there. Method: parameters in text, names of objects, options of COPY, faults and psql's commands,
/// of this server and of PostgreSQL 15 alike.
final class AskedTests: XCTestCase {
    func test_answersAndFaults_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("asked.py") }
    func test_typesLengthsAndNamesAsNumbers_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("asked_types.py") }
    func test_infiniteTimesChanceAndSettings_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("asked_values.py") }
    func test_randomDocumentsAndLists_areOrderedAsByPostgreSQL() throws { try PostgresDoorServer.compare("asked_order.py") }
    /// Of the kinds that PostgreSQL's and DuckDB's own suites are made of.
    /// Paths of SQL/JSON, and rows and lists in forms that suites seldom ask.
    func test_pathsOfDocuments_areAnsweredAsByPostgreSQL() throws { try PostgresDoorServer.compare("asked_paths.py") }
    func test_textsListsAndSmallNumbers_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("asked_texts.py") }
    func test_faults_haveTheCodesOfPostgreSQL() throws { try PostgresDoorServer.compare("asked_errors.py") }
    func test_questionsOfDashboards_areAnsweredAsByPostgreSQL() throws { try PostgresDoorServer.compare("asked_dashboards.py") }
    func test_statementsOfSuites_areAnsweredAsByPostgreSQL() throws { try PostgresDoorServer.compare("asked_suite.py") }
}
