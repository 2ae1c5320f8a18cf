enum SQLRoutes {
    static let all: [Route] = []
}
