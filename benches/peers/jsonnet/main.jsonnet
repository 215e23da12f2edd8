// The platform as a list of objects, for `jsonnet -y`.
local service = import 'service.libsonnet';
local project = import 'project.libsonnet';
local imagePolicy = import 'image-policy.libsonnet';
local platform = import 'platform.json';

imagePolicy(platform) + std.flatMap(
  function(it) project(it) + std.flatMap(function(each) service(it, each), it.services),
  platform.projects,
)
