import './style.css';
import './explore.css';
import { render } from 'preact';
import { Shell } from './shell.tsx';

render(<Shell />, document.getElementById('root')!);
