// What the host looks at in a screen besides what the builders see to: the tree, its size, its fields and its links.
//
// Invariant: the bounds are those of screen/1; over one of them the whole screen is refused.

import { Failure } from '../failure.js';

const NODES_MAX = 2000;
const DEPTH_MAX = 12;
const BYTES_MAX = 512 * 1024;
const CELLS_MAX = 12000;

/** Looks at a screen/1 document; `screens` are those of the manifest. */
export function look(screen, screens) {
  const refuse = (what) => {
    throw Failure.fault(`the screen ${what}`);
  };
  const bytes = new TextEncoder().encode(JSON.stringify(screen)).length;
  if (screen.screen !== 1 || !Array.isArray(screen.nodes)) {
    refuse('is none: answer a Screen');
  }
  if (bytes > BYTES_MAX) {
    refuse(`has ${bytes} bytes, more than ${BYTES_MAX}; show less, or link to a second screen`);
  }
  if (screen.nodes.length > NODES_MAX) {
    refuse(`has ${screen.nodes.length} nodes; 1 to ${NODES_MAX} are allowed`);
  }
  if (depth(screen.nodes, screen.root) > DEPTH_MAX) {
    refuse(`has more than ${DEPTH_MAX} levels`);
  }
  const rows = (node) => (node.groups ?? []).reduce((sum, group) => sum + (group.rows?.length ?? 0), 0);
  const cells = screen.nodes.reduce((sum, node) => sum + rows(node) * (node.columns?.length ?? 0), 0);
  if (cells > CELLS_MAX) {
    refuse(`has ${cells} cells in its grids, more than ${CELLS_MAX}; show fewer columns, or link to a second screen`);
  }
  const fields = screen.nodes.map((node) => node.field).filter((field) => field !== undefined);
  const twice = fields.find((field, index) => fields.indexOf(field) < index);
  if (twice !== undefined) {
    refuse(`has two inputs with the field \`${twice}\``);
  }
  links(screen.nodes, (to) => {
    if (!screens.includes(to)) {
      refuse(`links to \`${to}\`, which departmental.json does not declare`);
    }
  });
}

function depth(nodes, at) {
  const below = (nodes[at].children ?? []).map((child) => depth(nodes, child));
  return 1 + Math.max(0, ...below);
}

/** Every `screen` member that is a text names a screen of the manifest. */
function links(value, see) {
  if (value === null || typeof value !== 'object') {
    return;
  }
  if (typeof value.screen === 'string') {
    see(value.screen);
  }
  for (const [name, it] of Object.entries(value)) {
    if (name !== 'parameters') {
      links(it, see);
    }
  }
}
