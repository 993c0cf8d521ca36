using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("MekongTwin.Ingest.Tests")]
[assembly: InternalsVisibleTo("MekongTwin.Silo")]
[assembly: InternalsVisibleTo("MekongTwin.Benchmarks")]
